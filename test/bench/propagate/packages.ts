/** Real histories to measure on: npm packages that ship readable sources, and versions of each, oldest first. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  '@tensorflow/tfjs-data': ['1.2.10', '1.5.2', '2.0.0', '2.8.6', '3.6.0'],
  '@tensorflow/tfjs-layers': ['1.2.10', '1.6.1', '2.3.0', '2.8.4', '3.6.0'],
  'brain.js': ['1.0.0', '1.0.5', '1.2.4', '1.4.1', '1.4.10'],
  commander: ['2.6.0', '2.15.1', '2.20.3', '5.0.0', '7.2.0', '9.3.0'],
  compromise: ['14.1.0', '14.5.2', '14.9.0', '14.14.0', '14.16.0'],
  express: ['3.3.8', '3.10.0', '4.2.0', '4.10.1', '4.18.0', '5.2.1'],
  fastify: ['1.13.0', '2.8.0', '3.4.0', '3.25.1', '4.3.0', '4.26.0'],
  immer: ['6.0.1', '7.0.4', '8.0.2', '9.0.9', '9.0.21'],
  mathjs: ['2.1.1', '3.9.0', '3.14.2', '4.2.2', '5.4.1'],
  'ml-matrix': ['5.0.0', '5.2.0', '6.1.2', '6.5.0', '6.9.0', '6.12.0'],
  mocha: ['3.3.0', '5.1.0', '7.0.1', '8.4.0', '10.3.0'],
  natural: ['0.5.2', '0.6.3', '2.1.4', '4.0.0', '5.2.3', '6.2.0'],
  neataptic: ['1.2.6', '1.2.31', '1.3.3', '1.3.9', '1.4.4'],
  pino: ['4.5.1', '5.1.0', '5.13.2', '6.5.0', '7.0.0', '8.7.0'],
  rxjs: ['6.2.2', '6.5.0', '6.6.4', '7.2.0', '7.5.6'],
  'simple-statistics': ['2.2.0', '4.1.1', '5.2.1', '6.1.1', '7.0.7', '7.7.6'],
  synaptic: ['1.0.2', '1.0.8', '1.0.12', '1.1.3'],
  ws: ['1.0.1', '2.2.2', '5.1.0', '7.1.2', '7.5.14', '8.8.0'],
}

/** A third of the packages, fixed before anything was measured: nothing is tuned to them. */
export const heldOut: ReadonlySet<string> = new Set(Object.keys(packages).filter((_name, i) => i % 3 === 2))
