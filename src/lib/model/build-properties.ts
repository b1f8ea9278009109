import type { SourcedProperties } from './buildset.js';
import type { Properties } from './cluster-config.js';
import type { Property, PropertyMap } from './properties.js';

interface PropertyStamp {
  readonly codebase: string;
  readonly repository: string;
  readonly branch: string | null;
  readonly revision: string | null;
  readonly project: string;
  readonly changes: readonly { readonly author: string; readonly properties: SourcedProperties }[];
}

export interface BuildOrigin {
  readonly builder: { readonly name: string; readonly properties: Properties };
  readonly worker: string;
  /** Where the builder's folder is. */
  readonly builddir: string;
  readonly number: number;
  readonly buildset: { readonly properties: SourcedProperties; readonly stamps: readonly PropertyStamp[] };
}

/** With which a build begins: as Buildbot, what comes later goes over what came before. */
export function buildProperties({ builder, worker, builddir, number, buildset }: BuildOrigin): PropertyMap {
  const all = new Map<string, Property>();
  const set = (name: string, value: unknown, source: string): void => void all.set(name, { value, source });
  const changes = buildset.stamps.flatMap((stamp) => stamp.changes);
  for (const properties of [...changes.map((change) => change.properties), buildset.properties])
    for (const [name, [value, source]] of Object.entries(properties)) set(name, value, source);
  set('buildername', builder.name, 'Builder');
  for (const [name, value] of Object.entries(builder.properties)) set(name, value, 'Builder');
  set('workername', worker, 'Worker');
  set('buildnumber', number, 'Build');
  setStamp(set, buildset.stamps);
  set('builddir', builddir, 'Worker');
  const owner = buildset.properties['owner']?.[0];
  const owners = [...changes.map(({ author }) => author), ...(typeof owner === 'string' ? [owner] : [])];
  if (owners.length > 0) set('owners', [...new Set(owners)].sort(), 'Build');
  return all;
}

/** Where there is one codebase alone. */
function setStamp(set: (name: string, value: unknown, source: string) => void, stamps: readonly PropertyStamp[]): void {
  const [stamp] = stamps;
  if (!stamp || stamps.length > 1) return;
  for (const name of ['branch', 'revision', 'repository', 'codebase', 'project'] as const) set(name, stamp[name], 'Build'); // prettier-ignore
}
