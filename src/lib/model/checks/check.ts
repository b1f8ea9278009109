import type { Cluster } from '../cluster.js';
import type { Details } from '../details.js';
import type { Finding, Severity } from '../finding.js';
import type { Inventory } from '../inventory.js';

/** A limit that monitoring may set; `null`: no such severity by default. */
export interface Threshold {
  readonly warning: number | null;
  readonly critical: number | null;
  readonly unit: 's' | 'requests' | 'intervals' | 'bytes';
  /** What is compared with it. */
  readonly of: string;
}

/** What a check looks at. */
export interface Subject {
  readonly cluster: Cluster;
  /** `null` where only the snapshot was read, as for `status`. */
  readonly details: Details | null;
  /** What the cluster is meant to have, where somebody says so. */
  readonly inventory?: Inventory | null;
}

/** Its threshold, as it is or as it was set. */
export interface Limit {
  readonly warning: number | null;
  readonly critical: number | null;
}

/** What a check says of one thing; the catalogue adds the rest. */
export interface Found extends Omit<Finding, 'id' | 'severity' | 'fix' | 'mend'> {
  /** Where it differs from the check's own. */
  readonly severity?: Severity;
  readonly fix?: readonly string[];
  readonly mend?: Finding['mend'];
}

/** One kind of trouble. Pure: from what was read alone. */
export interface Check {
  /** Stable: monitoring and `--only` name it. */
  readonly id: string;
  readonly severity: Severity;
  /** What it is, in one line. */
  readonly title: string;
  /** What it means for the cluster, why it happens, and what mends it. */
  readonly meaning: string;
  readonly threshold?: Threshold;
  find(subject: Subject, limit: Limit): Found[];
}

/** How bad a value is by its limit; `null`: not at all. */
export function severityOf(value: number, limit: Limit): Severity | null {
  if (limit.critical !== null && value >= limit.critical) return 'critical';
  return limit.warning !== null && value >= limit.warning ? 'warning' : null;
}
