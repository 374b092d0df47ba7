"""Equal interests and equal memories are one row each."""

from __future__ import annotations

from digest.store.dictionary import keep_had, keep_interest, keep_memory, keep_row, read_had, read_places


def test_equal_interests_share_a_row_whatever_their_order(readership):
    with readership.store.writing() as connection:
        one = keep_interest(connection, {"ukraine": 3, "russia": 0})
        assert keep_interest(connection, {"russia": 0, "ukraine": 3}) == one
        assert keep_row(connection, '{"russia":0,"ukraine":3}') == one
        assert keep_interest(connection, {"russia": 0, "ukraine": 4}) != one


def test_equal_memories_share_a_row_and_are_read_as_they_were_kept(readership):
    readership.release("a", "b", "c")
    readership.log("corrected", "c")
    memories = [{}, {"a": 0}, {"a": 0, "b": 2}, {"b": -1, "unknown": 0}, {"a": 0, "b": 0, "c": 0}]
    with readership.store.writing() as connection:
        rows = [keep_had(connection, sent) for sent in memories]
        assert [keep_had(connection, dict(reversed(sent.items()))) for sent in memories] == rows
        assert [read_had(connection, row) for row in rows] == memories
        text = connection.exec_driver_sql("SELECT sent FROM had WHERE id = ?", (rows[2],)).scalar_one()
        assert keep_memory(connection, text) == rows[2]
    assert len(set(rows)) == len(memories)


def test_an_item_stands_where_it_was_released(readership):
    readership.release("a", "b")
    readership.log("corrected", "a")
    readership.release("c")
    with readership.store.reading() as connection:
        places = read_places(connection)
    assert places.numbers == {"a": 1, "b": 2, "c": 4}
    assert places.items == {1: "a", 2: "b", 4: "c"}
