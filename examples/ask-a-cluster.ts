/**
 * Ask a HyperMesh cluster and believe none of its nodes: the answer counts because a quorum of the
 * validators you know signed it. `hypermesh cluster --json` prints the addresses of its nodes and
 * where its validators file is.
 *
 *     node ask-a-cluster.ts validators.json http://127.0.0.1:4001 http://127.0.0.1:4002
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { trustedEpochs } from 'hypermesh/trustchain';
import { HttpValidator, NoAnswer, nopOperation } from 'hypermesh/validation';

const [file = 'validators.json', ...endpoints] = process.argv.slice(2);
const client = new HttpValidator({
  endpoints,
  epochs: trustedEpochs(await readFile(file, 'utf8')),
  onFault: ({ endpoint, kind, detail }) => console.error(`${endpoint}: ${kind}: ${detail}`),
});
try {
  // An operation that changes nothing; its answer brings the agreed time and the beacon.
  const { status, result, certified } = await client.execute(nopOperation(randomBytes(16)));
  const { statement, votes } = certified.certificate;
  const signers = votes.map(({ replica }) => replica).join(', ');
  console.log(`${status} at ${new Date(result.decidedAtMs).toISOString()}`);
  console.log(`sequence ${statement.sequence}, signed by replicas ${signers}`);
} catch (error) {
  if (!(error instanceof NoAnswer)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await client.stop();
}
