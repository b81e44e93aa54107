import { FlorRepository } from '../../lib/repository/flor-repository.js'
import { sealPending } from '../../lib/repository/seal.js'

/**
 * A program for tests of concurrency and crashes: opens the current repository, says `ready`, seals what is pending when it is told to on
 * stdin, and prints the ids that it sealed.
 */
const flor = FlorRepository.open(process.cwd(), { notify: ({ message }) => console.error(message) })
await flor.objects()
process.stdout.write('ready\n')
process.stdin.once('data', async () => {
  const sealed = await sealPending(flor)
  process.stdout.write(`sealed ${JSON.stringify(sealed.map((run) => run.id))}\n`)
  await flor.close()
  process.exit()
})
