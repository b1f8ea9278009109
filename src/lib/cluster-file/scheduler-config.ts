import * as v from 'valibot';
import type { SchedulerConfig } from '../model/cluster-config.js';
import { codebasesOf, schedulers } from './scheduler-settings.js';
import type { Settings } from './sections.js';

type Type = keyof typeof schedulers;

/** Of settings that are valid and complete. */
export function schedulerConfig(name: string, settings: Settings): SchedulerConfig {
  const { builders, properties, reason, codebases } = v.parse(schedulers.triggerable, settings);
  const common = { name, builders, properties, reason: reason ?? null, codebases: codebasesOf(codebases) };
  return { ...common, ...ofKind[settings['type'] as Type](settings) };
}

type Kind = SchedulerConfig extends infer One ? (One extends unknown ? Omit<One, keyof Common> : never) : never;
type Common = Pick<SchedulerConfig, 'name' | 'builders' | 'properties' | 'reason' | 'codebases'>;

const ofKind: Readonly<Record<Type, (settings: Settings) => Kind>> = {
  'any-branch': (settings) => onChanges('any-branch', settings),
  'single-branch': (settings) => onChanges('single-branch', settings),
  periodic: (settings) => ({ kind: 'periodic', everyMs: v.parse(schedulers.periodic, settings).every }),
  nightly: (settings) => {
    const { cron, timezone } = v.parse(schedulers.nightly, settings);
    return { kind: 'nightly', cron, timezone: timezone ?? null };
  },
  force: (settings) => ({ kind: 'force', label: v.parse(schedulers.force, settings).label ?? null }),
  triggerable: () => ({ kind: 'triggerable' }),
};

function onChanges(kind: 'any-branch' | 'single-branch', settings: Settings): Kind {
  const given = v.parse(schedulers[kind], settings);
  const branches = given.branches ?? (given.branch ? [given.branch] : null);
  const { repositories, projects, categories } = given;
  return {
    kind,
    filter: {
      branches,
      repositories: repositories ?? null,
      projects: projects ?? null,
      categories: categories ?? null,
    },
    importantFiles: given.importantFiles ?? null,
    onlyImportant: given.onlyImportant,
    // Buildbot takes none and 0 for the same.
    treeStableMs: given.treeStableTimer || null,
  };
}
