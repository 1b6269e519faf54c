"""The credit book's part of the pages of management, in their namespace. Mounted at /<language>/manage/."""

from django.urls import URLPattern, path

from credits import views
from credits.views import closings, column_sets, feed_tokens, objections, overview, projects, rule_sets

urlpatterns: list[URLPattern] = [
    path("credit-years/", overview.years, name="credit_years"),
    path("credit-years/<uuid:public_id>/", overview.year, name="credit_year"),
    path("credit-years/<uuid:public_id>/list.csv", overview.year_csv, name="credit_year_csv"),
    path("credit-years/<uuid:public_id>/people/", overview.people, name="credit_year_people"),
    path("credit-years/<uuid:public_id>/people/list.csv", overview.people_csv, name="credit_year_people_csv"),
    path("closing-days/", closings.listed, name="closings"),
    path("closing-days/<uuid:public_id>/remove/", closings.remove, name="closing_remove"),
    path("credit-objections/", objections.listed, name="entry_objections"),
    path("credit-objections/list.csv", objections.download, name="entry_objections_csv"),
    path("credit-objections/<uuid:public_id>/", objections.detail, name="entry_objection"),
    path("credit-objections/<uuid:public_id>/answer/", objections.answer, name="entry_objection_answer"),
    path("columns/", column_sets.listing, name="column_sets"),
    path("columns/copy/", column_sets.copy, name="column_set_copy"),
    path("columns/<uuid:public_id>/", column_sets.column_set, name="column_set"),
    path("columns/<uuid:public_id>/change/", column_sets.change, name="column_set_change"),
    path("columns/<uuid:public_id>/publish/", column_sets.publish, name="column_set_publish"),
    path("feeds/", feed_tokens.listing, name="feed_tokens"),
    path("feeds/issue/", feed_tokens.issue, name="feed_token_issue"),
    path("feeds/<uuid:public_id>/revoke/", feed_tokens.revoke, name="feed_token_revoke"),
    path("disclosures/", views.disclosures, name="disclosures"),
    path("disclosures/<uuid:public_id>/decide/", views.disclosure_decide, name="disclosure_decide"),
    path("projects/", projects.listed, name="projects"),
    path("projects/list.csv", projects.download, name="projects_csv"),
    path("projects/add/", projects.add, name="project_add"),
    path("projects/<uuid:public_id>/", projects.detail, name="project"),
    path("projects/<uuid:public_id>/change/", projects.change, name="project_change"),
    path("projects/<uuid:public_id>/close/", projects.close, name="project_close"),
    path("projects/<uuid:public_id>/reopen/", projects.reopen, name="project_reopen"),
    path("rules/", rule_sets.rule_sets, name="rule_sets"),
    path("rules/upload/", rule_sets.upload, name="rule_set_upload"),
    path("rules/versions/<str:key>/", rule_sets.version, name="rule_set_version"),
    path("rules/proposals/<uuid:public_id>/", rule_sets.proposal, name="rule_set_proposal"),
    path("rules/proposals/<uuid:public_id>/changes.csv", rule_sets.changes_csv, name="rule_set_changes_csv"),
    path("rules/proposals/<uuid:public_id>/decide/", rule_sets.decide, name="rule_set_decide"),
]
