export type Severity = 'critical' | 'warning' | 'note';

/** An operation that mends it, and what it is to be called with. */
export interface Mend {
  readonly operation: 'masters expire' | 'services release' | 'requests release' | 'builds finish';
  readonly names: readonly string[];
}

export interface Finding {
  /** Of its check, stable. */
  readonly id: string;
  readonly severity: Severity;
  readonly message: string;
  /** What was seen, as data: names, ids, seconds. */
  readonly evidence: Readonly<Record<string, unknown>>;
  /** Commands, each to be pasted as it is; empty where there is nothing that bbctl could do. */
  readonly fix: readonly string[];
  readonly mend: Mend | null;
}

const order: readonly Severity[] = ['critical', 'warning', 'note'];

/** The worst first; equals stay in their order. */
export function bySeverity(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}
