"""Background jobs: the worker that takes them from the queue, and what it runs.

worker.py       the worker process: takes jobs from the queue, looks after all of them
run.py          one child process: begun, watched, ended
child.py        the child process: one attempt of one job, from inputs to bytes
progress.py     how far a child is, as far as it can be known
answer.py       a result as bytes; the same for those who wait and those who come back
status.py       what is told of a job
callbacks.py    who may be called back, and the call
supervise.py    a worker beside a server, begun again when it dies
"""
