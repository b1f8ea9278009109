import * as Flags from '@oclif/core/flags';

/** For what is about a `cluster.yaml` itself, and so always has one. */
export const configFlag = {
  config: Flags.string({
    description: 'the cluster.yaml [env: BBCTL_CONFIG]',
    helpValue: 'FILE',
    defaultHelp: 'cluster.yaml',
  }),
};

/** The flag over the environment over the folder that one is in. */
export function clusterFileOf({ config }: { readonly config?: string | undefined }): string {
  return config ?? (process.env['BBCTL_CONFIG'] || 'cluster.yaml');
}
