"""What a password needs, said in the site's languages: Django's own text of the length has no Chinese."""

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class MinimumLength(MinimumLengthValidator):
    def get_error_message(self) -> str:
        return _("This password is too short: it needs at least %(length)s characters.") % {"length": self.min_length}
