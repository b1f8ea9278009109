import path from 'node:path';
import * as v from 'valibot';
import { parseDatabaseUrl } from '../db/url.js';
import type { BuilderConfig, ChangeSourceConfig, ClusterConfig, MasterConfig, WorkerConfig } from '../model/cluster-config.js'; // prettier-ignore
import { builder } from './builder-settings.js';
import { ownMaster } from './master-settings.js';
import { schedulerConfig } from './scheduler-config.js';
import { changeSources } from './scheduler-settings.js';
import { entriesIn, isElsewhere, namesIn } from './sections.js';
import type { Section, Settings } from './sections.js';
import { stepConfig } from './step-config.js';
import { top, worker } from './top-settings.js';

/** Of what is valid and complete. */
export function clusterConfigOf(file: string, raw: unknown): ClusterConfig {
  const folder = path.dirname(path.resolve(file));
  const { database, expireAfter, tokenFile } = v.parse(top, raw ?? {});
  const own = <T>(section: Section, make: (name: string, settings: Settings) => T): T[] =>
    entriesIn(raw, section)
      .filter(([, settings]) => !isElsewhere(section, settings))
      .map(([name, settings]) => make(name, settings));
  const elsewhere = (section: Section): string[] => namesIn(raw, section, 'elsewhere');
  return {
    file,
    database: database === null || database === undefined ? null : absolute(database, folder),
    expireAfterMs: expireAfter,
    tokenFile: tokenFile ? path.resolve(folder, tokenFile) : null,
    masters: own('masters', masterConfig),
    workers: own('workers', (name, settings) => workerConfig(folder, name, settings)),
    builders: own('builders', builderConfig),
    schedulers: own('schedulers', schedulerConfig),
    changeSources: own('changeSources', changeSourceConfig),
    elsewhere: {
      masters: elsewhere('masters'),
      workers: elsewhere('workers'),
      builders: elsewhere('builders'),
      schedulers: elsewhere('schedulers'),
      changeSources: elsewhere('changeSources'),
    },
  };
}

/** A relative path of an SQLite URL begins at the file. */
function absolute(database: string, folder: string): string {
  const location = parseDatabaseUrl(database, folder);
  return location.engine === 'sqlite' ? location.label : database;
}

function masterConfig(key: string, settings: Settings): MasterConfig {
  const { name, listen, workerListen, roles } = v.parse(ownMaster, settings);
  return {
    key,
    name: name ?? null,
    listen: listen ?? null,
    workerListen: workerListen ?? null,
    roles: new Set(roles),
  };
}

function workerConfig(folder: string, name: string, settings: Settings): WorkerConfig {
  const { slots, passwordFile } = v.parse(worker, settings);
  if (!passwordFile) return { kind: 'local', name, slots };
  return { kind: 'remote', name, passwordFile: path.resolve(folder, passwordFile) };
}

function builderConfig(name: string, settings: Settings): BuilderConfig {
  const { steps, description, ...rest } = v.parse(builder, settings);
  return { name, description: description ?? null, ...rest, steps: steps.map(stepConfig) };
}

function changeSourceConfig(name: string, settings: Settings): ChangeSourceConfig {
  const source = v.parse(changeSources['git-poller'], settings);
  const { repository, branches, every, project, codebase, category, timeout } = source;
  return {
    kind: 'git-poller',
    name,
    repository,
    branches: branches ?? null,
    everyMs: every,
    project,
    codebase,
    category: category ?? null,
    timeoutMs: timeout,
  };
}
