/** Keeps the newest answers by key; two that ask for the same at once share one answer, and failures are not kept. */
export class Remembered<Answer> {
  readonly #answers = new Map<string, Promise<Answer>>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string, work: () => Promise<Answer>): Promise<Answer> {
    const known = this.#answers.get(key);
    this.#answers.delete(key);
    const answer = known ?? work();
    this.#answers.set(key, answer);
    answer.catch(() => {
      if (this.#answers.get(key) === answer) this.#answers.delete(key);
    });
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > this.#most && oldest !== undefined) this.#answers.delete(oldest);
    return answer;
  }
}
