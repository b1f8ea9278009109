/** A new `cluster.yaml`: valid as it is, and every setting that it does without in a comment. */
export const clusterTemplate = `# A Buildbot cluster, for "bbctl master run". All its masters read this one file, each its own section.
# Every setting, with its default: docs/cluster-yaml.md. After each change: "bbctl master check".

# As Buildbot spells it. SQLite serves one machine; for several: postgresql://user@host/buildbot or mysql://user@host/buildbot.
# Relative paths, here and below, begin at this file.
database: sqlite:///state.sqlite

# A master that is silent for so long is dead, and the others take over. From 5s to 10m.
expireAfter: 45s

# Whoever knows the word in this file may drain, stop and force over REST. Without it nobody can.
# tokenFile: token

# This file names everything: what is in the database and not here is left over for certain.
complete: false

masters:
  # The key is how commands call it: "bbctl master run --name blue".
  blue:
    # As other masters see it, and as Buildbot does: host:/directory, which is the default. For several masters on one
    # machine it must be said.
    # name: host1:/srv/bb/blue
    # REST, metrics and the status page. A port alone is for this machine only; 0.0.0.0:8010 is for everybody.
    listen: 127.0.0.1:8010
    # Where workers connect that are processes of their own.
    # workerListen: 0.0.0.0:9989
    # What it does: any of these.
    roles: [schedulers, builders, web]
  # A second one takes over when the first one is gone.
  # green:
  #   name: host2:/srv/bb/green
  #   listen: 127.0.0.1:8011
  # A Buildbot master of the same cluster. What only it configures may stand below with {} for its settings.
  # legacy:
  #   kind: buildbot
  #   name: host3:/srv/bb/legacy
  #   control:
  #     wake: {http: "http://host3:8010"}

workers:
  # Processes of each master itself, as many at once as it has slots.
  local: {local: true, slots: 2}
  # A buildbot-worker that connects, with the password in that file.
  # linux-1: {passwordFile: linux-1.pass}

builders:
  tests:
    workers: [local]
    steps:
      # - git: {repository: "https://git.example.org/product.git", branch: main}
      - shell: echo It works
      # - shell: {command: [make, test], name: unit, timeout: 10m, haltOnFailure: true}
      # - trigger: {schedulers: [packages], waitForFinish: true}
    # tags: [linux]
    # env: {CI: "1"}
    # properties: {flavour: debug}
    # collapseRequests: false

schedulers:
  # Fires when the cluster first starts, and then every hour.
  hourly: {type: periodic, every: 1h, builders: [tests]}
  # on-commit: {type: any-branch, builders: [tests], treeStableTimer: 10s, importantFiles: ["src/**"]}
  # release: {type: single-branch, branch: release, builders: [tests]}
  # Minute, hour, day of month, month, day of week; always in quotes, for "*" means something else to YAML.
  # nightly: {type: nightly, cron: "0 3 * * *", timezone: Europe/Berlin, builders: [tests]}
  # force: {type: force, builders: [tests]}
  # packages: {type: triggerable, builders: [tests]}

changeSources:
  # product: {type: git-poller, repository: "https://git.example.org/product.git", branches: [main], every: 1m}
`;
