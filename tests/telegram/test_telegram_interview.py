"""A whole interview over real HTTP."""

from telegram_talk import ANN, Chat, served


async def test_an_interview_by_taps_and_words_ends_with_an_advice_and_a_file(tmp_path):
    async with served(tmp_path) as stub:
        ann = Chat(stub)
        question = await ann.say("/start", 2)
        print(question.text, question.rows)
        for each in stub.at(ANN): print(each.html); print('---')
        for _ in range(30):
            if "Export" in question.labels: break
            print(">>", question.text[:80], question.labels)
            answer = next((l for l in question.labels if l not in ("Don't know","Skip","Why?","Back")), None)
            if answer is None:
                question = await ann.say("We tag photos of products for a shop")
            else:
                question = await ann.tap(question, answer)
            print("   ", [s.text[:60] for s in stub.at(ANN)[-3:]])
        print(question.text)
