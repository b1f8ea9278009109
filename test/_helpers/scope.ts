import type { ExecutionContext } from 'ava';

/** What cleans up when it ends: a test, or a program that is none. */
export type Scope = Pick<ExecutionContext, 'teardown'>;
