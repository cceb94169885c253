"""Jobs: the outbox drained. The row is the job; everything else here is about who runs it and when.

``desk`` is what runs need, ``queues`` are data, ``registry`` knows the handlers, ``claims`` moves rows,
``drain`` runs them, ``reruns`` has what was given up run again, ``schedule`` keeps the recurring duties,
``relay`` carries ids to Redis.
"""
