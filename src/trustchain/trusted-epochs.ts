import { ed25519 } from '../base/signature.ts';
import type { EpochChain } from '../ledger/epoch-chain.ts';
import { chainOf, parseValidatorsFile } from './validators-file.ts';

/** A validators file that nobody should trust. */
export class UntrustedValidators extends Error {
  override readonly name = 'UntrustedValidators';
  readonly code = 'HYPERMESH_VALIDATORS';
}

/**
 * Whom to trust, from the text of a `validators.json`: the validators of the first epoch, and all
 * who were voted in after them. Throws {@link UntrustedValidators}. Signatures of a simulation's
 * ideal scheme mean nothing outside it, so a file of one is refused.
 */
export function trustedEpochs(validatorsJson: string): EpochChain {
  const parsed = parseValidatorsFile(validatorsJson);
  if (!parsed.ok) throw new UntrustedValidators(parsed.reason);
  const { scheme } = parsed.value;
  if (scheme !== ed25519.name) {
    throw new UntrustedValidators(`scheme ${scheme}, which proves nothing outside its run`);
  }
  const chain = chainOf(parsed.value, ed25519);
  if (!chain.ok) throw new UntrustedValidators(chain.reason);
  return chain.value;
}
