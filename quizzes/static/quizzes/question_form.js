// The question form of the admin: says while typing whether the right answer fits the type and the options.
(function () {
  "use strict";

  function connect() {
    const answer = document.getElementById("id_answer");
    const type = document.getElementById("id_type");
    if (!answer || !type || document.getElementById("answer-check")) return;
    const options = Array.from(document.querySelectorAll('input[id^="id_option_"]'));
    const verdict = document.createElement("p");
    verdict.id = "answer-check";
    verdict.className = "help";
    verdict.setAttribute("role", "status");
    answer.insertAdjacentElement("afterend", verdict);
    answer.setAttribute("aria-describedby", [answer.getAttribute("aria-describedby"), verdict.id].filter(Boolean).join(" "));

    function check() {
      const letters = Array.from(new Set(answer.value.toUpperCase().replace(/\s/g, ""))).sort();
      const texts = {};
      options.forEach((option) => {
        if (option.value.trim()) texts[option.id.slice(-1).toUpperCase()] = option.value.trim();
      });
      const unknown = letters.filter((letter) => !(letter in texts));
      let fault = "";
      if (!letters.length) fault = answer.dataset.answerNone;
      else if (unknown.length) fault = answer.dataset.answerUnknown.replace("{letters}", unknown.join(", "));
      else if (type.value === "X" && letters.length < 2) fault = answer.dataset.answerSeveral;
      else if (type.value !== "X" && letters.length > 1) fault = answer.dataset.answerOne;
      const text = fault || answer.dataset.answerFits.replace("{texts}", letters.map((l) => l + ". " + texts[l]).join("; "));
      if (verdict.textContent !== text) verdict.textContent = text;
      answer.setAttribute("aria-invalid", fault ? "true" : "false");
    }

    [answer, type].concat(options).forEach((field) => {
      field.addEventListener("input", check);
      field.addEventListener("change", check);
    });
    check();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", connect);
  else connect();
})();
