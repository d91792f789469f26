"""Forms of rows that several people may change at a time: each changes what they changed, and nothing else."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Manager, Model

if TYPE_CHECKING:
    _Base = forms.ModelForm[Any]
else:
    _Base = object


class ChangesOnly(_Base):
    """A form whose page sends what it showed beside what was entered.

    A field that a person left alone keeps what the row has by now; of a field with many rows, such as permissions,
    those stay that somebody else has added, and those stay away that somebody else has taken.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for field in self.fields.values():
                field.show_hidden_initial = not field.disabled  # such as a password's digest, which no page shows

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk:
            for name in cleaned.keys() & {field.name for field in self.instance._meta.get_fields()}:
                now = getattr(self.instance, name)
                if isinstance(now, Manager):
                    cleaned[name] = self._merged(name, now, cleaned[name])
                elif name not in self.changed_data:
                    cleaned[name] = now
        return cleaned

    def columns_changed(self) -> list[str]:
        """The columns that a person changed."""
        concrete = {field.name for field in self.instance._meta.concrete_fields}
        return [name for name in self.changed_data if name in concrete]

    def _merged(self, name: str, now: "Manager[Model]", entered: Any) -> Any:
        field = self.fields[name]
        shown_texts = field.hidden_widget().value_from_datadict(self.data, self.files, self.add_initial_prefix(name))
        all_rows = field.queryset  # type: ignore[attr-defined]
        shown_ids = [text for text in shown_texts or () if text.isdecimal()]
        shown = set(all_rows.filter(pk__in=shown_ids).values_list("pk", flat=True))
        chosen = {row.pk for row in entered}
        kept = set(now.values_list("pk", flat=True))
        return all_rows.filter(pk__in=kept - (shown - chosen) | (chosen - shown))
