"""Sites, as the contract has them."""

from .installation import Installation


def test_a_site_is_listed_with_what_people_wrote_of_it(installation: Installation) -> None:
    [north] = installation.get("sites/", params={"search": "PONTE"})["results"]
    written = {
        "id": installation.ids["north"],
        "code": installation.codes["north"],
        "name": "Ponte Nord",
        "customer": "ANAS",
        "latitude": 45.1,
        "longitude": 7.6,
        "is_active": True,
    }
    assert north.items() >= written.items()
    assert north["created_at"].endswith("Z")
    assert installation.get(f"sites/{north['id']}/") == north


def test_sites_come_in_the_order_that_is_asked_for(installation: Installation) -> None:
    backwards = installation.get("sites/", params={"ordering": "-name"})["results"]
    assert [site["name"] for site in backwards] == ["Ponte Nord", "Diga Sud"]


def test_sites_come_in_pages(installation: Installation) -> None:
    first = installation.get("sites/", params={"page_size": 1, "ordering": "name"})
    assert (first["count"], first["previous"], len(first["results"])) == (2, None, 1)
    second = installation.client.simulate_get(
        first["next"], headers={"Authorization": f"Bearer {installation.tokens['admin']}"}
    ).json
    assert second["results"][0]["name"] == "Ponte Nord"
    assert second["next"] is None
