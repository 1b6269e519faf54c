from django.urls import path

from credits import views
from credits.views import book, following, objections, titles

app_name = "credits"
urlpatterns = [
    path("", views.my_credits, name="my_credits"),
    path("people/", views.people, name="people"),
    path("people/<uuid:public_id>/", views.person_credits, name="person_credits"),
    path("people/<uuid:public_id>/entries/new/", book.record, name="entry_new"),
    path("people/<uuid:public_id>/entries/<uuid:entry_id>/reverse/", book.reverse_entry, name="entry_reverse"),
    path("people/<uuid:public_id>/titles/", titles.person_titles, name="person_titles"),
    path("people/<uuid:public_id>/titles/<uuid:fact_id>/decide/", titles.decide, name="title_decide"),
    path("people/<uuid:public_id>/rules/", following.person_rules, name="person_rules"),
    path("people/<uuid:public_id>/rules/<uuid:fact_id>/decide/", following.decide, name="declaration_decide"),
    path("rules/", following.my_rules, name="my_rules"),
    path("rules/follow/<str:rule_set_id>/", following.follow, name="follow"),
    path("rules/<uuid:public_id>/", following.change, name="rules_change"),
    path("rules/<uuid:public_id>/stop/", following.stop, name="rules_stop"),
    path("rules/<uuid:public_id>/declare/", following.declare, name="declare"),
    path("entries/<uuid:entry_id>/evidence/", book.evidence, name="entry_evidence"),
    path("entries/<uuid:entry_id>/reflection/", following.reflect, name="reflect"),
    path("objections/", objections.own, name="objections"),
    path("objections/missing/", objections.missing, name="objection_missing"),
    path("entries/<uuid:entry_id>/objection/", objections.new, name="objection_new"),
    path("titles/", titles.my_titles, name="my_titles"),
    path("titles/papers/", titles.report_paper, name="report_paper"),
    path("titles/works/", titles.report_work, name="report_work"),
    path("titles/<uuid:fact_id>/withdraw/", titles.withdraw, name="title_withdraw"),
    path("exports/", views.exports, name="exports"),
    path("exports/request/", views.export_request, name="export_request"),
    path("exports/<uuid:public_id>/", views.export_state, name="export_state"),
    path("exports/<uuid:public_id>/cancel/", views.export_cancel, name="export_cancel"),
    path("exports/<uuid:public_id>/cover/", views.export_cover, name="export_cover"),
    path("exports/<uuid:public_id>/download/", views.export_download, name="export_download"),
]
