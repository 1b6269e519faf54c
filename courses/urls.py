from django.urls import path

from courses import views

app_name = "courses"

urlpatterns = [
    path("", views.my_learning, name="my_learning"),
    path("courses/<uuid:course_key>/", views.course_panel, name="course_panel"),
    path("offers/<uuid:offer_id>/enrol/", views.enrol, name="enrol"),
    path("enrolments/<uuid:enrolment_id>/withdraw/", views.withdraw, name="withdraw"),
    path("lessons/<uuid:lesson_key>/confirm/", views.confirm_reading, name="confirm_reading"),
    path("lessons/<uuid:lesson_key>/attention/", views.attend, name="attend"),
    path("lessons/<uuid:lesson_key>/watched/", views.watched, name="watched"),
    path("sign-offs/", views.sign_offs, name="sign_offs"),
    path("sign-offs/<uuid:progress_id>/", views.sign_off, name="sign_off"),
]
