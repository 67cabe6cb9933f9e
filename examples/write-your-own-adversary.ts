/**
 * Write your own adversary in 20 lines: a primary with two faces, which gives half of the backups
 * another time for the same batch, each under its own signature. The backups' votes quote what
 * they answer, so the two faces meet.
 *
 *     node write-your-own-adversary.ts
 */
import { around, type MakeBehaviour, sendEach, sign } from 'hypermesh/adversary';
import { simulate } from 'hypermesh/simulator';

const twoFaced: MakeBehaviour = (kit) => (honest) =>
  around(honest, {
    says(effect) {
      if (effect.type !== 'send' || effect.message.type !== 'prePrepare') return [effect];
      const { message } = effect;
      const { statement } = message.header;
      const header = sign(kit, { ...statement, timestamp: statement.timestamp + 1 });
      return sendEach(kit, effect, (to) => (to % 2 === 0 ? message : { ...message, header }));
    },
  });

const scenario = `
name: a primary with two faces
replicas: 4
seed: 7
workload: {clients: 2, requests: 20}
`;
const { result } = await simulate(scenario, {
  adversaries: [{ replicas: [0], behaviour: twoFaced }],
});
console.log(`${result.outcome}: ${result.issued} issued, ${result.viewChanges} view change(s)`);
console.log(`accused: ${result.accused}; isolated: ${result.isolated}`);
