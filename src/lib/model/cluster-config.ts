/** What a whole `cluster.yaml` says, validated: names refer to what is there, durations are milliseconds, paths absolute. */
export interface ClusterConfig {
  readonly file: string;
  readonly database: string | null;
  /** How long a master of bbctl's own may be silent before the others expire it. */
  readonly expireAfterMs: number;
  readonly tokenFile: string | null;
  readonly masters: readonly MasterConfig[];
  readonly workers: readonly WorkerConfig[];
  readonly builders: readonly BuilderConfig[];
  readonly schedulers: readonly SchedulerConfig[];
  readonly changeSources: readonly ChangeSourceConfig[];
  readonly elsewhere: Elsewhere;
}

/**
 * What only Buildbot masters configure: known by its name, which schedulers of this file may refer to (builders), and never
 * run by masters of bbctl's own.
 */
export interface Elsewhere {
  /** Their keys. */
  readonly masters: readonly string[];
  readonly workers: readonly string[];
  readonly builders: readonly string[];
  readonly schedulers: readonly string[];
  readonly changeSources: readonly string[];
}

export const roles = ['schedulers', 'builders', 'web'] as const;
export type Role = (typeof roles)[number];

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A master of bbctl's own; those of Buildbot are only in the inventory. */
export interface MasterConfig {
  /** How commands call it. */
  readonly key: string;
  /** As in the masters table; `null`: the host's name and the folder of the file. */
  readonly name: string | null;
  readonly listen: Address | null;
  readonly workerListen: Address | null;
  readonly roles: ReadonlySet<Role>;
}

export type WorkerConfig =
  | { readonly kind: 'local'; readonly name: string; readonly slots: number }
  | { readonly kind: 'remote'; readonly name: string; readonly passwordFile: string };

export type Properties = Readonly<Record<string, unknown>>;

export interface BuilderConfig {
  readonly name: string;
  readonly description: string | null;
  readonly tags: readonly string[];
  readonly workers: readonly string[];
  readonly steps: readonly StepConfig[];
  readonly properties: Properties;
  readonly env: Readonly<Record<string, string>>;
  /** Equal pending requests become one. */
  readonly collapseRequests: boolean;
}

interface CommonStepConfig {
  readonly name: string;
  readonly haltOnFailure: boolean;
  readonly flunkOnFailure: boolean;
  readonly warnOnFailure: boolean;
  /** Also after a step that halted the build. */
  readonly alwaysRun: boolean;
  readonly timeoutMs: number | null;
  readonly maxTimeMs: number | null;
}

export type StepConfig =
  | (CommonStepConfig & {
      readonly kind: 'shell';
      /** A text is for `/bin/sh -c`; a list is a program and its arguments. */
      readonly command: string | readonly string[];
      readonly workdir: string | null;
      readonly env: Readonly<Record<string, string>>;
    })
  | (CommonStepConfig & {
      readonly kind: 'git';
      readonly repository: string;
      /** Of the source stamp, if it has one; else this. */
      readonly branch: string;
      readonly codebase: string;
      readonly workdir: string | null;
    })
  | (CommonStepConfig & {
      readonly kind: 'trigger';
      readonly schedulers: readonly string[];
      readonly waitForFinish: boolean;
      readonly setProperties: Properties;
    });

/** What a change must have; what is not said does not matter. */
export interface ChangeFilter {
  readonly branches: readonly string[] | null;
  readonly repositories: readonly string[] | null;
  readonly projects: readonly string[] | null;
  readonly categories: readonly string[] | null;
}

interface CommonSchedulerConfig {
  readonly name: string;
  readonly builders: readonly string[];
  readonly properties: Properties;
  /** `null`: Buildbot's own words for this kind. */
  readonly reason: string | null;
  /** Codebase → what is built of it where no change says it. Buildbot's default is the one codebase ''. */
  readonly codebases: Readonly<Record<string, Codebase>>;
}

export interface Codebase {
  readonly repository: string;
  readonly branch: string | null;
  readonly revision: string | null;
}

export type SchedulerConfig = CommonSchedulerConfig &
  (
    | {
        readonly kind: 'any-branch' | 'single-branch';
        readonly filter: ChangeFilter;
        /** Globs of paths; a change is important if one of its files matches. `null`: every change is. */
        readonly importantFiles: readonly string[] | null;
        /** Changes that are not important are not even kept until the tree is stable. */
        readonly onlyImportant: boolean;
        readonly treeStableMs: number | null;
      }
    | { readonly kind: 'periodic'; readonly everyMs: number }
    /** `timezone` is an IANA name; `null`: the process's own. */
    | { readonly kind: 'nightly'; readonly cron: string; readonly timezone: string | null }
    | { readonly kind: 'force'; readonly label: string | null }
    | { readonly kind: 'triggerable' }
  );

export interface ChangeSourceConfig {
  readonly kind: 'git-poller';
  readonly name: string;
  readonly repository: string;
  /** Globs are allowed; `null`: every branch. */
  readonly branches: readonly string[] | null;
  readonly everyMs: number;
  readonly project: string;
  readonly codebase: string;
  readonly category: string | null;
  /** One poll gives up after this. */
  readonly timeoutMs: number;
}
