import type { RunningCluster } from '../daemon/cluster-host.ts';

/** CONTRACT §3: one line for scripts. */
export function addressLine(cluster: RunningCluster): string {
  const { trustchain, nodes, dns, page, validatorsFile: validators } = cluster;
  const pids = { pids: cluster.pids(), trustchain_pid: cluster.trustchainPid() };
  return JSON.stringify({ trustchain, nodes, dns, validators, ...pids, page });
}

/** For people: where everything is, and what to try first. */
export function summary(cluster: RunningCluster): string {
  const { trustchain, nodes, dns, page, validatorsFile } = cluster;
  const [node = ''] = nodes;
  const [dnsHost, dnsPort] = dns.split(':');
  const places = [
    ['live page', page],
    ['TrustChain', trustchain],
    ...nodes.map((url, replica) => [`node ${replica}`, url]),
    ['DNS', `${dns} (UDP and TCP)`],
    ['validators', validatorsFile],
  ].map(([name = '', where]) => `  ${name.padEnd(12)}${where}`);
  const verify = `hypermesh verify out/host/certificate.pem --validators ${validatorsFile}`;
  return [
    'The cluster is ready; Ctrl-C stops it.',
    '',
    ...places,
    '',
    'Try:',
    `  hypermesh request --endpoint ${trustchain} --name host.mesh --out out/host`,
    `  ${verify}`,
    `  curl -s ${node}/consensus/health`,
    `  curl -s ${trustchain}/ca.pem`,
    `  dig @${dnsHost} -p ${dnsPort} TLSA _443._tcp.host.mesh`,
  ].join('\n');
}
