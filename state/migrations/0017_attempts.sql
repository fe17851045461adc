-- What a run met is found by its time: a change that was refused belongs to no run.
CREATE INDEX attempt_at ON attempt (at);
