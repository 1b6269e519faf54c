from quizzes.models.attempts import Attempt, AttemptOutcome
from quizzes.models.bank import Bank, Question, QuestionRevision
from quizzes.models.quizzes import Quiz, QuizQuestion

__all__ = ["Attempt", "AttemptOutcome", "Bank", "Question", "QuestionRevision", "Quiz", "QuizQuestion"]
