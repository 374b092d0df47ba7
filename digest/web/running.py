"""The server of a site with all that goes on beside it: publishing, sending, readers' requests, announcing, counting."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from digest.desk.on_demand import OnDemandFeeds
from digest.desk.press_feeds import PressFeeds
from digest.settings import Site
from digest.store.hot import HotStore
from digest.web.audience import Counter
from digest.web.desk.app import DeskApp, build_desk_routes
from digest.web.public_site import build_app
from digest.web.readers.app import ReaderApp, build_reader_routes
from digest.web.working import Beside
from digest.work.announcing import announce_forever
from digest.work.asking import work_on_requests_forever
from digest.work.counting import keep_counts_forever
from digest.work.dispatching import Dispatcher
from digest.work.housekeeping import forget_forever
from digest.work.scheduled import Scheduler, schedule_forever
from digest.work.tallying import tally_forever
from digest.work.timed import Timer, publish_forever, send_at_once_forever

__all__ = ["build_server"]


def build_server(
    site: Site, store: HotStore, tell: Callable[[str], None], routes: Sequence[BaseRoute] = ()
) -> tuple[ASGIApp, Sequence[Beside]]:
    """What answers requests, and what goes on beside it.

    Args:
        site: as it was opened; newsroom.toml is read again when it changes.
        store: its database.
        tell: is told in a line of what is published and sent meanwhile, and of what is wrong.
        routes: what this server answers besides.
    """
    counter = Counter()
    timer = Timer(site, tell)
    dispatcher = Dispatcher(lambda: timer.site, store, tell)
    scheduler = Scheduler(lambda: timer.site, tell)

    async def publish_what_is_due() -> None:
        await publish_forever(timer)

    async def send_what_is_new_at_once() -> None:
        await send_at_once_forever(lambda: timer.site, store, tell)

    async def send_what_is_due() -> None:
        await dispatcher.run()

    async def follow_schedules() -> None:
        await schedule_forever(scheduler)

    async def decide_requests() -> None:
        await work_on_requests_forever(lambda: timer.site, store, tell)

    async def announce_changes() -> None:
        await announce_forever(store, lambda: timer.site.settings)

    async def keep_statistics() -> None:
        await keep_counts_forever(store, counter.take)

    async def count_letters() -> None:
        await tally_forever(lambda: timer.site, tell)

    async def forget_what_is_old() -> None:
        await forget_forever(lambda: timer.site, store, tell)

    readers = build_reader_routes(ReaderApp(lambda: timer.site))
    desk = build_desk_routes(DeskApp(lambda: timer.site))
    app = build_app(site, [*routes, *readers, *desk], on_demand=OnDemandFeeds(site), press=PressFeeds(site), counter=counter)
    sending = (decide_requests, send_what_is_new_at_once, follow_schedules, send_what_is_due)
    return app, (publish_what_is_due, *sending, announce_changes, keep_statistics, count_letters, forget_what_is_old)
