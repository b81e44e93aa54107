/** Answers questions that are asked in the same turn of the event loop all at once: `answer` gets them in order, and answers in that order. */
export function gathered<Question extends readonly unknown[], Answer>(
  answer: (questions: readonly Question[]) => Promise<readonly Answer[]>,
): (...question: Question) => Promise<Answer> {
  interface Waiting {
    readonly question: Question
    readonly resolve: (answer: Answer) => void
    readonly reject: (error: unknown) => void
  }
  let waiting: Waiting[] = []
  const answerAll = async (): Promise<void> => {
    const asked = waiting
    waiting = []
    try {
      const answers = await answer(asked.map(({ question }) => question))
      asked.forEach(({ resolve }, i) => {
        resolve(answers[i] as Answer)
      })
    } catch (error) {
      for (const { reject } of asked) reject(error)
    }
  }
  return (...question) =>
    new Promise((resolve, reject) => {
      waiting.push({ question, resolve, reject })
      if (waiting.length === 1) setImmediate(answerAll)
    })
}
