"""Pages of those who look after people and units. Mounted at /<language>/manage/."""

from django.urls import path

from organisations.views.manage import access, erasures, home, merging, objections, sheets

app_name = "manage"
urlpatterns = [
    path("", home.home, name="home"),
    path("objections/", objections.objections, name="objections"),
    path("objections/<uuid:public_id>/answer/", objections.answer, name="objection_answer"),
    path("erasures/", erasures.erasures, name="erasures"),
    path("erasures/<uuid:public_id>/decide/", erasures.decide, name="erasure_decide"),
    path("people/<uuid:public_id>/merge/", merging.merge, name="merge"),
    path("people/<uuid:public_id>/merged/", merging.merged, name="merged"),
    path("sheets/", sheets.sheets, name="sheets"),
    path("sheets/new/", sheets.sheet_new, name="sheet_new"),
    path("sheets/request/", sheets.sheet_request, name="sheet_request"),
    path("sheets/<uuid:public_id>/state/", sheets.sheet_state, name="sheet_state"),
    path("sheets/<uuid:public_id>/file/", sheets.sheet_download, name="sheet_download"),
    path("sheets/<uuid:public_id>/cancel/", sheets.sheet_cancel, name="sheet_cancel"),
    path("sheets/<uuid:public_id>/erase/", sheets.sheet_erase, name="sheet_erase"),
    path("people/<uuid:public_id>/code/", access.code, name="person_code"),
    path("people/<uuid:public_id>/phone/", access.phone, name="person_phone"),
    path("people/<uuid:public_id>/unlock/", access.unlock, name="person_unlock"),
]
