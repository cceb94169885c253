"""What an assessment is: words, states, rules and records, free of any web framework.

Reading order (a module imports only what stands above it): base, canonical, workflow, outbox, parties,
terms, events, questionnaire, answers, risk, evidence, assessment, verification, corrective_action,
result, disclosure, policy, queries.
"""
