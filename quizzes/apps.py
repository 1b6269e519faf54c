from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QuizzesConfig(AppConfig):
    name = "quizzes"
    verbose_name = _("Quizzes")

    def ready(self) -> None:
        from organisations import histories
        from organisations.enums import Power
        from organisations.selectors import manage
        from quizzes.selectors.marking import waiting_count
        from quizzes.selectors.objections import waiting_count as objections_waiting
        from quizzes.selectors.regrades import waiting_count as regrades_waiting
        from quizzes.services.histories import HISTORY

        histories.register(HISTORY)
        manage.count_for("marking", Power.MARK, waiting_count)
        manage.count_for("question_objections", Power.KEEP_QUESTIONS, objections_waiting)
        manage.count_for("regrades", Power.REGRADE, regrades_waiting)
