"""The pages of topics: what was published last on each, and where a topic that moved goes on."""

from __future__ import annotations

from functools import partial

from digest.feeds.selection import Feed
from digest.newsroom.document import Document, Group
from digest.pages.frame import build_feed, sign_up_path
from digest.pages.lists import LIST_LENGTH, TopicView, group_by_day
from digest.pages.plan import Plan
from digest.pages.views import Link

__all__ = ["plan_topics"]


def plan_topics(plan: Plan) -> Group:
    """A page for every topic of newsroom.toml."""
    return plan.group("topics", (_plan_topic(topic, plan) for topic in plan.settings.topics))


def _plan_topic(topic: str, plan: Plan) -> Document:
    path, goal = f"topics/{topic}/index.html", plan.find_goal(topic)
    if goal is not None:
        return plan.document(path, None, partial(_render_moved, topic, goal, plan), 301, plan.context.addresses.topic(goal))
    items, feed = plan.facts.newest_by_topic[topic], _find_feed(topic, plan)
    facts = (plan.facts.of(items[:LIST_LENGTH]), len(items) > LIST_LENGTH, feed.state if feed else "")
    return plan.document(path, facts, partial(_render_topic, topic, feed, plan))


def _find_feed(topic: str, plan: Plan) -> Feed | None:
    return next((feed for feed in plan.feeds if feed.name == topic), None)


def _render_topic(topic: str, feed: Feed | None, plan: Plan) -> bytes:
    rendering, about, items = plan.rendering, plan.settings.topics[topic], plan.facts.newest_by_topic[topic]
    is_open = feed is not None and feed.state == "open"
    view = TopicView(
        id=topic,
        title=about.in_language(rendering.language),
        days=group_by_day(plan.card(item) for item in items[:LIST_LENGTH]),
        has_older=len(items) > LIST_LENGTH,
        ended_on=None if is_open else about.ended,
    )
    head = rendering.head(view.title, f"topics/{topic}/", feeds=[topic])
    return rendering.page(
        "topic",
        head,
        topic=view,
        feed=build_feed(feed, plan.settings) if feed and is_open else None,
        sign_up=sign_up_path(plan.settings, rendering.language, topic=topic) if about.is_open else "",
    )


def _render_moved(topic: str, goal: str, plan: Plan) -> bytes:
    topics, language = plan.settings.topics, plan.rendering.language
    leads_to = Link(topics[goal].in_language(language), plan.context.paths.topic(goal))
    return plan.rendering.moved(f"topics/{topic}/", topics[topic].in_language(language), leads_to)
