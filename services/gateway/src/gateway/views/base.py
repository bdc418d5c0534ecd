"""What every output model is: what it does not name is dropped, whatever the row holds."""

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    """An output model: what it does not name is dropped, whatever the row holds."""

    model_config = ConfigDict(extra="ignore", from_attributes=True)
