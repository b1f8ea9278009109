import type { Codebase, Properties } from './cluster-config.js';

/** Name → value, and who has set it: as Buildbot stores them. */
export type SourcedProperties = Readonly<Record<string, readonly [value: unknown, source: string]>>;

export function sourced(properties: Properties, source: string): SourcedProperties {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, [value, source] as const]));
}

/**
 * The properties of a buildset: those that it was asked with, over them the scheduler's own with its name, over them
 * those of the changes.
 */
export function buildsetProperties(
  scheduler: { readonly name: string; readonly properties: Properties },
  asked: SourcedProperties,
  ofChanges: readonly SourcedProperties[],
): SourcedProperties {
  const own = sourced({ ...scheduler.properties, scheduler: scheduler.name }, 'Scheduler');
  return Object.assign({}, asked, own, ...ofChanges) as SourcedProperties;
}

/** A source stamp as somebody asks for it: what is not said is the scheduler's. */
export interface AskedStamp {
  readonly codebase: string;
  readonly branch?: string | null;
  readonly revision?: string | null;
  readonly repository?: string;
  readonly project?: string;
}

/** One stamp for each codebase of the scheduler, then those that were asked for beyond them, as far as Buildbot keeps them. */
export function stampsWithDefaults(
  codebases: Readonly<Record<string, Codebase>>,
  asked: readonly AskedStamp[],
): Required<AskedStamp>[] {
  const own = Object.entries(codebases).map(([codebase, defaults]) => {
    const { branch, revision, repository } = defaults;
    const said = asked.find((stamp) => stamp.codebase === codebase);
    return { codebase, branch, revision, repository, project: '', ...said };
  });
  const others = asked.filter(({ codebase }) => !Object.hasOwn(codebases, codebase));
  return [...own, ...others.map(foreignStamp)];
}

function foreignStamp({ codebase, branch = null, revision = null, repository = '' }: AskedStamp): Required<AskedStamp> {
  return { codebase, branch, revision, repository, project: '' };
}

/** Buildbot's own words, or those of the configuration: `%(name)s` and the like are filled in. */
export function filledReason(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/%\((\w+)\)s/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? '') : whole,
  );
}
