import { InvalidArgumentError } from 'commander';
import { maxReplicas, minVotingReplicas } from '../scenario/limits.ts';
import { parseDurationMs } from '../scenario/quantity.ts';

/** Values of options as several commands read them; each throws what is allowed instead. */

export function parseWhole(text: string, minimum: number, maximum: number): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || value < minimum || value > maximum) {
    throw new InvalidArgumentError(`Allowed: a whole number from ${minimum} to ${maximum}.`);
  }
  return value;
}

export function parseSeed(text: string): number {
  return parseWhole(text, 0, Number.MAX_SAFE_INTEGER);
}

export function parseReplicas(text: string): number {
  return parseWhole(text, minVotingReplicas, maxReplicas);
}

export function parseDuration(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms === 0) {
    throw new InvalidArgumentError('Allowed: a duration like 500ms, 60s or 5m.');
  }
  return ms;
}
