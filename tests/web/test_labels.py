"""What may be a label."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sitewarden.web.labels import LONGEST_LABEL, REFUSED_CATEGORIES, LabelBody


@pytest.mark.parametrize("label", ["Pila 3, lato nord", "Brücke", "桥", "a" * LONGEST_LABEL, "<img src=x>", None])
def test_a_label_is_what_people_write(label: str | None) -> None:
    assert LabelBody(label=label).label == label


def test_labels_that_look_the_same_are_the_same() -> None:
    assert LabelBody(label=" Citta\u0300 ").label == "Citt\u00e0"


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("", "not empty"),
        ("  ", "not empty"),
        ("a" * (LONGEST_LABEL + 1), "at most 255"),
        ("a\nb", "U+000A"),
        ("a\x00b", "U+0000"),
        ("\u202egnp.exe", "U+202E"),
        ("a\u200bb", "U+200B"),
        ("\ue000", "U+E000"),
        ("\U000e0041", "U+E0041"),
        (7, "string"),
        (True, "string"),
    ],
)
def test_what_hides_or_breaks_things_is_refused_with_the_reason(label: object, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason.replace("+", r"\+")):
        LabelBody.model_validate({"label": label})


@given(st.text())
def test_whatever_is_taken_is_composed_and_visible(text: str) -> None:
    try:
        label = LabelBody(label=text).label
    except ValidationError:
        return
    assert label
    assert unicodedata.is_normalized("NFC", label)
    assert not REFUSED_CATEGORIES & {unicodedata.category(character) for character in label}
