import type { Service } from '../../model/service.js';
import { list, printable } from '../../model/names.js';
import { blocker, few } from './remark.js';
import type { Rule } from './remark.js';
import type { Scene } from './scene.js';
import { crewAtTheEnd, takersOfService } from './takers.js';
import type { Crew, Takers } from './takers.js';

/** One by one: in between, too, somebody must be there who could hold each service. */
export const capacity: Rule = (scene) => {
  const end = crewAtTheEnd(scene);
  const kept = scene.services.filter((service) => canBeHeld(takersOfService(service, end)));
  return scene.waves.slice(0, -1).flatMap((_, index) => {
    const unheld = kept.filter((service) => isUnheld(scene, service, index));
    if (unheld.length === 0) return [];
    const names = list(unheld.map(({ name }) => printable(name)), few);
    return [blocker(
      `One by one, nobody could hold ${names} from wave ${index + 1} on until a later one: who configures ${unheld.length === 1 ? 'it' : 'them'} comes only then.`,
      'Name the new masters (--start) in another order, or leave --one-by-one away.',
    )];
  }).slice(0, 1);
}; // prettier-ignore

function isUnheld(scene: Scene, service: Service, index: number): boolean {
  const later = scene.waves.slice(index + 1).flatMap(({ old }) => old.map(({ master }) => master));
  if (later.some(({ id }) => id === service.holderId)) return false;
  return !canBeHeld(takersOfService(service, crewAfter(scene, index)));
}

/** Once the wave is through: what is old and comes later is there still. */
function crewAfter({ staying, waves }: Scene, index: number): Crew {
  const later = waves.slice(index + 1).flatMap(({ old }) => old.filter(({ master }) => master.active));
  return {
    masters: [...staying, ...later.map(({ master }) => master)],
    newcomers: waves.slice(0, index + 1).flatMap(({ start }) => start),
  };
}

function canBeHeld({ known, perhaps }: Takers): boolean {
  return known.length + perhaps.length > 0;
}
