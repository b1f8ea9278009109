import path from 'node:path';
import { Failure } from '../../errors.js';
import type { Properties, StepConfig } from '../../model/cluster-config.js';
import { printable } from '../../model/names.js';
import { filledIn, filledInAll, namesProperty } from '../../model/properties.js';
import type { PropertyMap } from '../../model/properties.js';
import { verifyAddress } from '../../model/repository-address.js';

/**
 * A step with the values of properties in its commands, folders, environment and addresses. Throws a `Failure` where such
 * a value would lead out of the builder's folder, or have git run something: values come from people.
 */
export function renderStep<C extends StepConfig>(config: C, properties: PropertyMap): C {
  return { ...config, ...rendered(config, properties) };
}

function rendered(config: StepConfig, properties: PropertyMap): Partial<StepConfig> {
  const fill = (text: string): string => filledIn(text, properties);
  switch (config.kind) {
    case 'shell': {
      const { command, env, workdir } = config;
      return {
        // A line for the shell takes properties from its environment alone.
        command: typeof command === 'string' ? command : command.map(fill),
        env: renderEnv(env, properties),
        workdir: folderIn(workdir, fill),
      };
    }
    case 'git':
      return { ...renderSource(config, fill), workdir: folderIn(config.workdir, fill) };
    case 'trigger':
      return { setProperties: filledInAll(config.setProperties, properties) as Properties };
  }
}

export function renderEnv(env: Readonly<Record<string, string>>, properties: PropertyMap): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, text]) => [name, filledIn(text, properties)]));
}

function renderSource({ repository, branch }: Extract<StepConfig, { kind: 'git' }>, fill: (text: string) => string) {
  const source = { repository: fill(repository), branch: fill(branch) };
  if (namesProperty(repository)) verifyAddress(source.repository);
  if (source.branch.startsWith('-')) throw new Failure('refused', `The branch ${printable(source.branch)} begins with "-".`); // prettier-ignore
  return source;
}

function folderIn(workdir: string | null, fill: (text: string) => string): string | null {
  if (workdir === null || !namesProperty(workdir)) return workdir;
  const folder = path.normalize(fill(workdir));
  if (!path.isAbsolute(folder) && !/^\.\.(\/|$)/.test(folder) && !folder.includes('\0')) return folder;
  throw new Failure('refused', `The workdir ${printable(folder)} leads out of the builder's folder.`);
}
