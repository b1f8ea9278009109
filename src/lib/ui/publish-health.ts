import type { Limit } from '../model/checks/check.js';
import type { Health } from '../model/health.js';
import { printableJson } from '../model/names.js';
import { replaceFile } from '../output-file.js';
import { renderHealth } from './views/health.js';
import type { HealthFormat } from './views/health.js';

export interface PublishOptions {
  readonly format: HealthFormat;
  readonly output: string | undefined;
  readonly limits: ReadonlyMap<string, Limit>;
}

export function publishHealth(health: Health, { format, output, limits }: PublishOptions): void {
  const text = printableJson(renderHealth(health, format, limits));
  if (output === undefined) process.stdout.write(text);
  else replaceFile(output, text);
}
