"""The questionnaire in other languages: texts by place, translations read and checked, words of reasons."""
