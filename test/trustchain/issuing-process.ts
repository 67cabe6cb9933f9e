import { randomBytes } from 'node:crypto';
import { csrFor } from './fake-cluster.ts';
import { openAuthority } from './opened-authority.ts';

/**
 * Issues and revokes without end, and writes a line of each that was confirmed: `issued` or
 * `revoked`, and the serial. Started by a test that kills it.
 */
const [, , directory = ''] = process.argv;
const { authority, cluster } = await openAuthority(directory);
const run = randomBytes(4).toString('hex');

function issue(i: number): void {
  const requestId = `${run}-${i}`;
  const csr = csrFor(`host-${requestId}.mesh`, 'one key for all');
  authority.request(csr, { requestId }, cluster.agent(), (outcome) => {
    if (outcome.type !== 'issued') throw new Error(JSON.stringify(outcome));
    const { serial } = outcome.certificate;
    process.stdout.write(`issued ${serial}\n`);
    if (i % 3 === 0) revoke(serial);
    issue(i + 4);
  });
}

function revoke(serial: string): void {
  authority.revocations.revoke(serial, 'superseded', { by: 'operator' }, ({ type }) => {
    process.stdout.write(`${type} ${serial}\n`);
  });
}

// Several at a time, so that the kill finds requests in every state.
for (let i = 0; i < 4; i++) issue(i);
