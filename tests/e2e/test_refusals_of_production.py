"""What trials allow and production refuses to start with."""

import httpx
import pytest
from e2e_house import House

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("house")]

PRODUCTION = {"KHAMDOAN_ENVIRONMENT": "production"}


@pytest.mark.parametrize(
    ("service", "told", "said"),
    [
        ("gateway", {}, "The development issuer must not run in production"),
        ("coordination", {"SIGNING_SEED": "00" * 32, "DAYS": "simulated"}, "Production needs"),
        ("coordination", {"SIGNING_SEED": "", "DAYS": "clock"}, "Production needs"),
        ("results", {"KHAMDOAN_FAILPOINT": "after_commit"}, "failpoints are refused in production"),
    ],
    ids=["the development issuer", "simulated days", "a signing key made up by itself", "failpoints"],
)
def test_production_refuses_to_start_with(house: House, service: str, told: dict[str, str], said: str) -> None:
    status, output = house.alone(service, **PRODUCTION, **told)

    assert status not in (0, None)
    assert said in output


def test_the_development_issuer_gives_no_token_to_who_does_not_know_its_secret(house: House) -> None:
    asked = {"party_class": "unions", "party_id": "6b1f0f4e-8a52-4f0e-9d3b-2f1c7f0a0826", "sub": "somebody"}

    refused = httpx.post(f"{house.url}/dev/tokens", json=asked, headers={"authorization": "Bearer guessed"})

    assert (refused.status_code, refused.json()["code"]) == (401, "issuer.refused")
