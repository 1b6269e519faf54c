from django.apps import AppConfig


class SharedConfig(AppConfig):
    """What every package stands on; it has no tables of its own."""

    name = "cms.shared"
    label = "shared"

    def ready(self) -> None:
        from cms.shared import append_only, checks  # noqa: F401 - registers its checks

        append_only.connect()
