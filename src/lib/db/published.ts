/* What masters of bbctl's own publish, as Buildbot's `object_state`: who knows nothing of it leaves it alone. */

/** What a master publishes of itself; the object's name is `masters.name_hash`. */
export const masterClass = 'bbctl.Master';
/** Its `Run`. */
export const runKey = 'run';
/** Its `Offer`. */
export const offerKey = 'offer';

/** What is of no single master. */
export const clusterClass = 'bbctl.Cluster';
export const clusterObject = 'bbctl';
