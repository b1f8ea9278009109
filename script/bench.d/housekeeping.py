"""Buildbot's own housekeeping after dead masters, timed.

Usage: housekeeping.py DATABASE_URL BASEDIR

Makes a Buildbot master on that database with what it needs to expire others
(database, message queue, data API) and none of its services running, lets it
expire every master that is silent for too long, and prints one line of JSON:
{"version": ..., "seconds": ...}.
"""

import json
import sys
import time

from twisted.internet import defer, reactor
from twisted.python import log

import buildbot
from buildbot.config.master import MasterConfig
from buildbot.master import BuildMaster


def configuration(db_url):
    return MasterConfig.loadFromDict({
        'db': {'db_url': db_url},
        'multiMaster': True,
        'buildbotNetUsageData': None,
        'protocols': {},
    }, 'bench')


@defer.inlineCallbacks
def make_master(db_url, basedir):
    master = BuildMaster(basedir)
    yield master._services_d
    master.config = configuration(db_url)
    yield master.db.setup()
    yield master.mq.setup()
    master.masterid = yield master.db.masters.findMasterId(name=master.name)
    return master


@defer.inlineCallbacks
def main(db_url, basedir):
    master = yield make_master(db_url, basedir)
    started = time.monotonic()
    yield master.data.updates.expireMasters()
    seconds = time.monotonic() - started
    print(json.dumps({'version': buildbot.version, 'seconds': seconds}), flush=True)


def stop(result, failures):
    if result is not None:
        failures.append(result)
        result.printTraceback(file=sys.stderr)
    reactor.stop()


if __name__ == '__main__':
    log.startLogging(sys.stderr, setStdout=False)
    failures = []
    reactor.callWhenRunning(lambda: main(*sys.argv[1:3]).addBoth(stop, failures))
    reactor.run()
    sys.exit(1 if failures else 0)
