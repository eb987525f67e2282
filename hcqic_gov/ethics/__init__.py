"""The ethics committee's register: applications, interests, votes, decisions, conditions, external approvals."""
