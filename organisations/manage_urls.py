"""Pages of those who look after people and units. Mounted at /<language>/manage/."""

from django.urls import path

from organisations.views.manage import access, erasures, home, merging, objections, people, person, proofs, sheets

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
    path("people/", people.listing, name="people"),
    path("people/find/", people.find, name="people_find"),
    path("people/list.csv", people.download, name="people_csv"),
    path("people/together/", people.together, name="people_together"),
    path("people/new/", people.new, name="person_new"),
    path("people/<uuid:public_id>/", person.person, name="person"),
    path("people/<uuid:public_id>/details/", person.details, name="person_details"),
    path("people/<uuid:public_id>/employments/new/", person.transfer, name="person_transfer"),
    path("people/<uuid:public_id>/employments/<int:pk>/", person.work, name="person_work"),
    path("people/<uuid:public_id>/employments/<int:pk>/end/", person.leave, name="person_leave"),
    path("people/<uuid:public_id>/states/new/", person.state_new, name="state_new"),
    path("people/<uuid:public_id>/states/<uuid:state_id>/end/", person.state_end, name="state_end"),
    path("people/<uuid:public_id>/states/<uuid:state_id>/withdraw/", person.state_withdraw, name="state_withdraw"),
    path("people/<uuid:public_id>/states/<uuid:state_id>/proof/", proofs.of_state, name="state_proof"),
    path("people/<uuid:public_id>/qualifications/new/", person.qualification_new, name="qualification_new"),
    path(
        "people/<uuid:public_id>/qualifications/<uuid:qualification_id>/confirm/",
        person.qualification_confirm,
        name="qualification_confirm",
    ),
    path(
        "people/<uuid:public_id>/qualifications/<uuid:qualification_id>/refuse/",
        person.qualification_refuse,
        name="qualification_refuse",
    ),
    path(
        "people/<uuid:public_id>/qualifications/<uuid:qualification_id>/proof/",
        proofs.of_qualification,
        name="qualification_proof",
    ),
    path("people/<uuid:public_id>/memberships/new/", person.membership_new, name="membership_new"),
    path("people/<uuid:public_id>/memberships/<int:pk>/end/", person.membership_end, name="membership_end"),
    path("people/<uuid:public_id>/code/", access.code, name="person_code"),
    path("people/<uuid:public_id>/phone/", access.phone, name="person_phone"),
    path("people/<uuid:public_id>/unlock/", access.unlock, name="person_unlock"),
]
