"""`python -m demo`: play a scenario against a running edge; exits 1 if the books do not agree."""

import asyncio
import os
import sys
from pathlib import Path

from rich.markup import escape

from demo import story, summary, world
from demo.display import Display, dotted
from demo.edge import Edge, EdgeError
from demo.scenario import SCENARIOS

INTERRUPTED = 130  # exit status, as shells have it


async def main() -> int:
    """Settings come from the environment: GATEWAY_URL, KHAMDOAN_DEV_SECRET, SCENARIO, SCALE, DEMO_FOLDER."""
    display = Display()
    scenario = SCENARIOS[os.environ.get("SCENARIO", "hagiang")].scaled(float(os.environ.get("SCALE", "1")))
    edge = Edge(os.environ["GATEWAY_URL"], os.environ["KHAMDOAN_DEV_SECRET"])
    folder = Path(os.environ.get("DEMO_FOLDER", ".khamdoan/demo"))
    display.say(
        f"[bold]{scenario.title}[/bold]: {dotted(scenario.units)} công đoàn cơ sở, {dotted(scenario.members)} đoàn viên"
    )
    try:
        played = await world.gather(scenario, edge, display)
        await story.play(played)
        found = await summary.collect(played)
        path = summary.write(found, folder)
        agreed = summary.reconcile(played, found)
    except summary.ReconciliationError as error:
        display.say(f"[bold red]Đối chiếu không khớp[/bold red]: {error}")
        return 1
    except EdgeError as error:
        display.say(f"[bold red]Không đi tiếp được / cannot go on[/bold red]: {escape(str(error))}")
        return 1
    finally:
        await edge.close()
    people, late = found["people"], found["late_joiners"]["late_joiners_examined"]
    display.say(
        f"[bold green]Đối chiếu khớp[/bold green] ({len(agreed)} phép so):"
        f" {dotted(people['examined'])} người đã khám trong {dotted(people['in_scope'])} người thuộc phạm vi,"
        f" {dotted(late)} người vào sau cũng đã khám; {dotted(found['visits'])} lượt khám; {path}"
    )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)  # the terminal has its cursor back
