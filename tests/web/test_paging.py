"""Order and pages."""

from typing import NamedTuple

from falcon import Request
from falcon.testing import create_environ
from pydantic import BaseModel
from sitewarden.web.paging import Page, PageQuery, in_order, paged


class Item(NamedTuple):
    id: int
    name: str | None


class ItemView(BaseModel):
    id: int


class ItemPage(Page[ItemView]):
    pass


ITEMS = [Item(1, "b"), Item(2, None), Item(3, "a"), Item(4, "c")]


def ids(items: list[Item]) -> list[int]:
    return [item.id for item in items]


def test_items_come_in_the_order_of_a_field() -> None:
    assert ids(in_order(ITEMS, "name")) == [3, 1, 4, 2]


def test_items_without_the_field_come_last_either_way() -> None:
    assert ids(in_order(ITEMS, "-name")) == [4, 1, 3, 2]


def page(number: int, size: int, query_string: str = "") -> ItemPage:
    request = Request(create_environ("/api/v1/items", query_string=query_string))
    query = PageQuery(page=number, page_size=size)
    return paged(ItemPage, request, query, ITEMS, lambda item: ItemView(id=item.id))


def test_the_first_page_leads_to_the_next_one_only() -> None:
    first = page(1, 3, "search=x%26y&page_size=3")
    assert [view.id for view in first.results] == [1, 2, 3]
    assert first.count == 4
    assert first.previous is None
    assert first.next == "/api/v1/items/?search=x%26y&page_size=3&page=2"


def test_the_last_page_leads_back() -> None:
    last = page(2, 3)
    assert [view.id for view in last.results] == [4]
    assert last.next is None
    assert last.previous == "/api/v1/items/?page=1"


def test_a_page_that_is_just_full_has_no_next_one() -> None:
    assert page(1, 4).next is None


def test_beyond_the_end_there_is_nothing_but_a_way_back_to_the_last_page() -> None:
    beyond = page(9, 3)
    assert beyond.results == []
    assert beyond.next is None
    assert beyond.previous == "/api/v1/items/?page=2"


def test_an_empty_list_has_one_page() -> None:
    request = Request(create_environ("/api/v1/items"))
    empty = paged(ItemPage, request, PageQuery(page=2, page_size=3), [], lambda item: item)
    assert (empty.next, empty.previous) == (None, "/api/v1/items/?page=1")
