"""The quizzes' part of the pages of management, in their namespace. Mounted at /<language>/manage/."""

from django.urls import URLPattern, path

from quizzes.views import marking, objections, regrades, results

urlpatterns: list[URLPattern] = [
    path("receipts/", results.receipts, name="receipts"),
    path("marking/", marking.queue, name="marking"),
    path("marking/take/", marking.take, name="marking_take"),
    path("marking/progress/", marking.progress, name="marking_progress"),
    path("marking/<uuid:public_id>/", marking.seat, name="marking_seat"),
    path("marking/<uuid:public_id>/file/", marking.file, name="marking_file"),
    path("marking/<uuid:public_id>/images/<int:image>/", marking.image, name="marking_image"),
    path("regrades/", regrades.listed, name="regrades"),
    path("regrades/new/", regrades.begin, name="regrade_new"),
    path("regrades/new/question/<uuid:public_id>/", regrades.of_question, name="regrade_question"),
    path("regrades/new/bank/<uuid:public_id>/", regrades.of_bank, name="regrade_bank"),
    path("regrades/<uuid:public_id>/", regrades.detail, name="regrade"),
    path("regrades/<uuid:public_id>/attempts.csv", regrades.download, name="regrade_csv"),
    path("regrades/<uuid:public_id>/count/", regrades.count, name="regrade_count"),
    path("regrades/<uuid:public_id>/confirm/", regrades.confirm, name="regrade_confirm"),
    path("regrades/<uuid:public_id>/withdraw/", regrades.withdraw, name="regrade_withdraw"),
    path("questions/objections/", objections.listed, name="question_objections"),
    path("questions/objections/list.csv", objections.download, name="question_objections_csv"),
    path("questions/objections/<uuid:public_id>/", objections.detail, name="question_objection"),
    path("questions/objections/<uuid:public_id>/answer/", objections.answer, name="question_objection_answer"),
    path(
        "questions/objections/<uuid:public_id>/images/<int:image>/", objections.image, name="question_objection_image"
    ),
]
