"""The credit book's own migrations, and after the last of them one that alters an append-only table."""

from credits import migrations

__path__ += migrations.__path__
