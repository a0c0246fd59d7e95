"""What goes wrong on request: scripted faults, service quotas, and a count of calls. Nothing of it is on by default.

rules     one fault: what it does, to which calls or jobs, how often
script    all faults of this local_aws, and which of them hits next
quotas    requests per second, as AWS's token buckets have them
tally     how many calls of each action there were
calls     faults of calls, carried out
jobs      faults of jobs, carried out
admin     the addresses below /_local/ by which all this is told
"""
