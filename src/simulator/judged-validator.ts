import { requestDigest } from '../pbft/envelope.ts';
import type { Validator } from '../runtime/validator.ts';
import type { World } from './world.ts';

/** `validator`, with every certified answer shown to the world's panel first. */
export function judgedValidator(validator: Validator, world: World): Validator {
  return {
    submit: (operation, done) => {
      validator.submit(operation, (outcome) => {
        if (outcome.type === 'certified') {
          const { certified } = outcome;
          world.acknowledged({ operation, requestDigest: requestDigest(operation), certified });
        }
        done(outcome);
      });
    },
  };
}
